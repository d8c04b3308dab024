import type { Event, PreUserRegistrationEvent } from "../index.js";

/** How an action is run. */
export interface RunOptions {
  /** The event, or a file with one; otherwise event.json beside the action. */
  event?: Partial<Event> | Partial<PreUserRegistrationEvent> | { [key: string]: any } | string | URL;
  /** The values of event.secrets. */
  secrets?: { [name: string]: string };
  /** Answers to requests, or a file with them; otherwise fakes.json beside the action. Nothing goes to the network. */
  fakes?: Fake[] | string | URL;
  /** What is in api.cache before the run, by key. Under Node only. */
  cache?: { [key: string]: string };
  /** The export that is called; otherwise the only one that serves a trigger. Under Node only. */
  entry?: string;
  /** How long the action may take, in milliseconds: 20000. */
  timeout_ms?: number;
  /** Where it runs: in this Node, or in Usher's own engine by the command `usher`; otherwise what the variable ACTION_TEST_ENGINE says, or node. */
  engine?: "node" | "usher";
  /** The command for the engine usher; otherwise what the variable ACTION_TEST_USHER says, or usher. */
  usher?: string;
  /** Whether requests that no fake answers only fail in the action. Otherwise they fail the call. */
  allowMissed?: boolean;
}

/**
 * An answer to the requests that it matches. In each text of its request "*"
 * stands for any characters, and "\*" for a star.
 */
export interface Fake {
  request: {
    method?: string;
    url: string;
    headers?: { [name: string]: string };
    /** A string is the whole body; an object or list is what a JSON body or a form must have at least. */
    body?: any;
  };
  response?: {
    status?: number;
    headers?: { [name: string]: string | string[] };
    body?: string;
    body_base64?: string;
    json?: any;
  };
  /** How often it answers; otherwise always. */
  times?: number;
  /** How long the answer takes. */
  delay_ms?: number;
  /** What goes wrong in place of a response. */
  error?: "network" | "timeout";
}

/** A request that the action sent. */
export interface SentRequest {
  method: string;
  url: string;
  /** The status that it got; missing when it failed. */
  status?: number;
  headers: { [name: string]: string };
  body: string;
  /** The body as JSON or a form, when it is one. */
  json?: any;
}

/** A request that no fake answered. */
export interface MissedRequest {
  request: string;
  why?: string;
  /** The fake that would answer it. */
  fake: Fake;
}

/** What an action did. */
export interface Outcome {
  succeeded: boolean;
  /** What it threw. */
  error?: { name?: string; message: string; code?: string; stack?: string; thrown?: unknown };
  logs: { level: "trace" | "debug" | "info" | "warn" | "error"; message: string }[];
  requests: SentRequest[];
  missed: MissedRequest[];
  /** What is in api.cache after the run, by key. Under Node only. */
  cache?: { [key: string]: string };
  /** With onExecutePreUserRegistration: what the action decides, when its binding allows if it fails. */
  decision?: Decision;
  /** What the run used. In Usher only. */
  stats?: { total_us: number; fuel: number; memory_bytes: number; [name: string]: any };
}

/** The answer of a flow with this action alone. */
export interface Decision {
  decision: "allow" | "deny";
  /** For the operator; "" with allow. */
  reason: string;
  /** For the user; "" with allow. */
  user_message: string;
  validation_errors: { code: string; message: string }[];
  /** The event's with all changes; empty with deny. */
  user_metadata: { [key: string]: any };
  /** The event's with all changes; empty with deny. */
  app_metadata: { [key: string]: any };
  user_id?: string;
  /** Whether the action failed. */
  degraded: boolean;
}

/**
 * Runs the action in a file once, and reports what it did. It waits until the
 * handler has settled and what it set going is done. What the action throws is
 * in the outcome; the promise is rejected when the action can't be run, or when
 * a request met no fake.
 *
 * Under Node runs wait for each other: console, fetch and node:http are the
 * process's own, and are replaced during a run.
 */
export function runAction(action: string | URL, options?: RunOptions): Promise<Outcome>;
