// JSON.parse with V8's words for what is wrong, which programs log and test.
import { define } from "./idl.js";

const parse = JSON.parse;
const mistakes = ["NaN", "Infinity", "undefined", "[object Object]"];

// parseJSON is JSON.parse with the messages of Node's SyntaxError.
export function parseJSON(text, reviver = undefined) {
  try {
    return parse(text, reviver);
  } catch (error) {
    const message = error instanceof SyntaxError && typeof text !== "symbol" ? new Reader(`${text}`).fault() : null;
    throw message === null ? error : new SyntaxError(message);
  }
}

// Reader reads a string up to where it stops being JSON.
class Reader {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text;
  }

  // fault returns what is wrong, or null when nothing is.
  fault() {
    try {
      this.#value();
      this.#space();
      if (this.#at < this.#text.length) throw `Unexpected non-whitespace character after JSON at ${this.#place}`;
      return null;
    } catch (fault) {
      if (typeof fault !== "string") throw fault;
      return fault;
    }
  }

  get #next() {
    return this.#text[this.#at];
  }

  #fail(what) {
    throw `${what} in JSON at ${this.#place}`;
  }

  get #place() {
    const lines = this.#text.slice(0, this.#at).split(/\r\n|[\r\n]/);
    return `position ${this.#at} (line ${lines.length} column ${lines.at(-1).length + 1})`;
  }

  #unexpected() {
    const { length } = this.#text;
    if (this.#at >= length) throw "Unexpected end of JSON input";
    if (mistakes.includes(this.#text)) throw `"${this.#text}" is not valid JSON`;
    if (this.#next === '"') this.#fail("Unexpected string");
    if (this.#digit() || this.#next === "-") this.#fail("Unexpected number");
    const [from, to] = length < 21 ? [0, length] : [this.#at - 10, this.#at + 10];
    const part = `${length >= 21 && from >= 0 ? "..." : ""}"${this.#text.slice(Math.max(from, 0), to)}"${to < length ? "..." : ""}`;
    throw `Unexpected token '${this.#next}', ${part} is not valid JSON`;
  }

  #space() {
    while (" \t\n\r".includes(this.#next ?? "x")) this.#at++;
  }

  #value() {
    this.#space();
    const c = this.#next;
    if (c === "{") return this.#object();
    if (c === "[") return this.#array();
    if (c === '"') return this.#string();
    if (c === "-" || (c >= "0" && c <= "9")) return this.#number();
    for (const word of ["true", "false", "null"]) if (word[0] === c) return this.#word(word);
    return this.#unexpected();
  }

  #word(word) {
    for (const c of word) {
      if (this.#next !== c) this.#unexpected();
      this.#at++;
    }
  }

  #object() {
    this.#at++;
    this.#space();
    if (this.#take("}")) return;
    if (this.#next !== '"') this.#fail("Expected property name or '}'");
    for (let first = true; ; first = false) {
      this.#string();
      this.#space();
      if (!this.#take(":")) first ? this.#fail("Expected ':' after property name") : this.#unexpected();
      this.#value();
      this.#space();
      if (this.#take("}")) return;
      if (!this.#take(",")) this.#fail("Expected ',' or '}' after property value");
      this.#space();
      if (this.#next !== '"') this.#fail("Expected double-quoted property name");
    }
  }

  #array() {
    this.#at++;
    this.#space();
    if (this.#take("]")) return;
    for (;;) {
      this.#value();
      this.#space();
      if (this.#take("]")) return;
      if (!this.#take(",")) this.#fail("Expected ',' or ']' after array element");
    }
  }

  #take(c) {
    if (this.#next !== c) return false;
    this.#at++;
    return true;
  }

  #string() {
    this.#at++;
    for (;;) {
      const c = this.#next;
      if (c === undefined) this.#fail("Unterminated string");
      if (c === '"') break;
      if (c < " ") this.#fail("Bad control character in string literal");
      this.#at++;
      if (c === "\\") this.#escape();
    }
    this.#at++;
  }

  #escape() {
    const c = this.#next;
    if (c === undefined) throw "Unexpected end of JSON input";
    if (!'"\\/bfnrtu'.includes(c)) this.#fail("Bad escaped character");
    this.#at++;
    for (let i = 0; c === "u" && i < 4; i++, this.#at++) {
      if (!/[0-9a-f]/i.test(this.#next ?? "")) this.#fail("Bad Unicode escape");
    }
  }

  #number() {
    if (this.#take("-") && !this.#digit()) this.#fail("No number after minus sign");
    if (!this.#take("0")) this.#digits("Unexpected number");
    else if (this.#digit()) this.#fail("Unexpected number");
    if (this.#take(".")) this.#digits("Unterminated fractional number");
    if (this.#take("e") || this.#take("E")) {
      if (!this.#take("+")) this.#take("-");
      this.#digits("Exponent part is missing a number");
    }
  }

  #digit() {
    return this.#next >= "0" && this.#next <= "9";
  }

  #digits(otherwise) {
    if (!this.#digit()) this.#fail(otherwise);
    while (this.#digit()) this.#at++;
  }
}

// installJSON makes JSON.parse speak so everywhere.
export function installJSON() {
  define(JSON, "parse", { parse(text, reviver) { return parseJSON(text, reviver); } }.parse);
}
