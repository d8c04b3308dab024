// sign a document, verify it
import { SignedXml } from "xml-crypto";
import { generateKeyPairSync } from "crypto";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
const sig = new SignedXml({ privateKey, publicCert: publicKey });
sig.addReference({ xpath: "//*[local-name(.)='book']", digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha256", transforms: ["http://www.w3.org/2001/10/xml-exc-c14n#"] });
sig.canonicalizationAlgorithm = "http://www.w3.org/2001/10/xml-exc-c14n#";
sig.signatureAlgorithm = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
sig.computeSignature("<library><book><name>Harry</name></book></library>");
console.log(/<DigestValue>[^<]+<\/DigestValue>/.exec(sig.getSignedXml())[0], sig.getSignatureXml().length > 500);
