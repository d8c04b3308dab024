// patterns
import { minimatch } from "minimatch";

console.log(minimatch("a/b/c.js", "**/*.{js,ts}"), minimatch("a.md", "!(*.js)"), minimatch.match(["a.js", "b.ts"], "*.js"));
