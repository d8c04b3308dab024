// words, lines, a patch
import { createPatch, diffWords } from "diff";

console.log(diffWords("hello big world", "hello small world").map((d) => [d.value, d.added, d.removed]), createPatch("a", "x\ny\n", "x\nz\n"));
