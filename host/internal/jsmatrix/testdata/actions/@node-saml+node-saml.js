// an authorization URL
import { SAML } from "@node-saml/node-saml";

const saml = new SAML({ callbackUrl: "https://a.example.com/cb", entryPoint: "https://id.example.com/sso", issuer: "usher", idpCert: "MIIB" });
const url = new URL(await saml.getAuthorizeUrlAsync("relay", undefined, {}));
console.log(url.host, url.searchParams.get("RelayState"), url.searchParams.get("SAMLRequest").length > 100);
