// a file, read again
import AdmZip from "adm-zip";

const zip = new AdmZip();
zip.addFile("a.txt", Buffer.from("jö"));
console.log(new AdmZip(zip.toBuffer()).getEntries().map((e) => [e.entryName, e.getData().toString()]));
