// a page with words
import { PDFDocument, StandardFonts } from "pdf-lib";

const pdf = await PDFDocument.create();
const font = await pdf.embedFont(StandardFonts.Helvetica);
pdf.addPage([200, 100]).drawText("Hello", { x: 10, y: 50, font, size: 12 });
const bytes = await pdf.save();
console.log(Buffer.from(bytes.slice(0, 8)).toString(), (await PDFDocument.load(bytes)).getPageCount());
