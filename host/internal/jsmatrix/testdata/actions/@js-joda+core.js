// LocalDate, Duration, ChronoUnit
import { ChronoUnit, Duration, LocalDate, LocalDateTime } from "@js-joda/core";

console.log(LocalDate.parse("2026-02-28").plusDays(1).toString(), LocalDate.parse("2026-01-01").until(LocalDate.parse("2026-12-25"), ChronoUnit.DAYS), Duration.ofMinutes(90).toString(), LocalDateTime.of(2026, 1, 1, 1, 1).dayOfWeek().toString());
