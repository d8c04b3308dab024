// a file, read again
import JSZip from "jszip";

const zip = new JSZip();
zip.file("a.txt", "jö").folder("b").file("c.txt", "x");
const again = await JSZip.loadAsync(await zip.generateAsync({ type: "nodebuffer", compression: "DEFLATE" }));
console.log(Object.keys(again.files), await again.file("a.txt").async("string"));
