// node:querystring.
import plain from "unenv/node/querystring";

export const querystring = { ...plain };
