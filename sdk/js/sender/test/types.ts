import { Sender, UsherError } from "../index.js";
import type { Accepted, Decision } from "../index.js";

const usher = new Sender({ url: "http://127.0.0.1:8080", key: "usher_…" });
const ada = { user: { user_id: "auth0|ada", email: "ada@example.com" } };

export const one: Promise<Accepted> = usher.send(ada, { idempotencyKey: "signup-7" });
export const batch: Promise<Accepted[]> = usher.send([ada, ada]);
export const decided: Promise<Decision> = usher.decide({ user: { email: "ada@example.com" }, request: { ip: "192.0.2.1" } }, { wait: 1 });
export const pointers = (error: unknown): string[] => (error instanceof UsherError ? error.errors.map((field) => field.pointer) : []);

// @ts-expect-error: no user_id
void usher.send({ user: { email: "ada@example.com" } });
// @ts-expect-error: a batch has no key
void usher.send([ada], { idempotencyKey: "signup-7" });
// @ts-expect-error: no key
new Sender({ url: "http://127.0.0.1:8080" });
