// The standard reasons of HTTP statuses.
const lists = {
  100: "Continue|Switching Protocols|Processing|Early Hints",
  200: "OK|Created|Accepted|Non-Authoritative Information|No Content|Reset Content|Partial Content|Multi-Status|Already Reported",
  300: "Multiple Choices|Moved Permanently|Found|See Other|Not Modified|Use Proxy||Temporary Redirect|Permanent Redirect",
  400:
    "Bad Request|Unauthorized|Payment Required|Forbidden|Not Found|Method Not Allowed|Not Acceptable|" +
    "Proxy Authentication Required|Request Timeout|Conflict|Gone|Length Required|Precondition Failed|" +
    "Payload Too Large|URI Too Long|Unsupported Media Type|Range Not Satisfiable|Expectation Failed|I'm a Teapot|||" +
    "Misdirected Request|Unprocessable Entity|Locked|Failed Dependency|Too Early|Upgrade Required||" +
    "Precondition Required|Too Many Requests||Request Header Fields Too Large",
  500:
    "Internal Server Error|Not Implemented|Bad Gateway|Service Unavailable|Gateway Timeout|HTTP Version Not Supported|" +
    "Variant Also Negotiates|Insufficient Storage|Loop Detected|Bandwidth Limit Exceeded|Not Extended|" +
    "Network Authentication Required",
};

// statuses maps a status to its reason, as node:http's STATUS_CODES does.
export const statuses = { 226: "IM Used", 451: "Unavailable For Legal Reasons" };
for (const first in lists) {
  lists[first].split("|").forEach((reason, i) => {
    if (reason) statuses[+first + i] = reason;
  });
}
