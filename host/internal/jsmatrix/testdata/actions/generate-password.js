// generate, strict
import generator from "generate-password";

const made = generator.generate({ length: 12, numbers: true, strict: true });
console.log(made.length, /\d/.test(made), generator.generateMultiple(3).length);
