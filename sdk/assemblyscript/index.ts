// The library for actions that are written in AssemblyScript: it reads the
// event, gives secrets, sends HTTP requests, caches, logs, decides, and answers.
export * from "./event";
export * from "./http";
export * from "./cache";
export * from "./decision";
export * from "./run";
