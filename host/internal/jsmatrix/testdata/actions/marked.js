// a document
import { marked } from "marked";

console.log(marked.parse("# Hi\n\n* one\n* **two**\n\n| a | b |\n|---|---|\n| 1 | `2` |"));
