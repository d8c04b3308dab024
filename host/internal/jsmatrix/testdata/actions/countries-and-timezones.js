// a country, a zone
import ct from "countries-and-timezones";

console.log(ct.getCountry("AT").name, ct.getTimezone("America/New_York").utcOffsetStr, ct.getTimezonesForCountry("DE").length);
