// What a run writes: console's lines, recorded instead of printed, and what it
// leaves unhandled.
import { format } from "node:util";

const levels = { trace: "trace", debug: "debug", log: "info", info: "info", warn: "warn", error: "error" };

export class Output {
  logs = []; // {level, message}
  #console = {};
  #listeners = [];
  #onRejection = (reason) => this.#warn("Unhandled promise rejection", reason);

  open() {
    for (const [name, level] of Object.entries(levels)) {
      this.#console[name] = console[name];
      console[name] = (...args) => this.logs.push({ level, message: format(...args) });
    }
    // The listeners of the test runner would fail the test for what is a
    // warning in Usher.
    this.#listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", this.#onRejection);
  }

  close() {
    Object.assign(console, this.#console);
    process.off("unhandledRejection", this.#onRejection);
    for (const listener of this.#listeners) process.on("unhandledRejection", listener);
  }

  #warn(what, reason) {
    this.logs.push({ level: "warn", message: `${what}: ${reason?.stack ?? format(reason)}` });
  }
}
