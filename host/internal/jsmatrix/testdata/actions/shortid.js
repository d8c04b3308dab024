// generate, isValid
import shortid from "shortid";

console.log(shortid.isValid(shortid.generate()), shortid.generate() !== shortid.generate());
