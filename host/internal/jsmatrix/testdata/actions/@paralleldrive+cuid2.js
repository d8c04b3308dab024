// createId, isCuid
import { createId, isCuid } from "@paralleldrive/cuid2";

console.log(createId().length, isCuid(createId()), createId() !== createId());
