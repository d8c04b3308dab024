// Dates, numbers and words for people.
import "../intl/index.js";
