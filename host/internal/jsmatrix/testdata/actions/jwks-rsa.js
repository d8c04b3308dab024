// getSigningKey, the error of a key that is not there
// 200 GET acme.eu.auth0.com/.well-known/jwks.json {"keys":[{"kty":"RSA","kid":"k1","use":"sig","alg":"RS256","n":"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQRV3JDXboIRROSBigeC5yjU1hGzHHyXss8UDprecbAYxknTcQkhslANGRUZmdTOQ5qTRsLAt6BTYuyvVRdhS8exSZEy_c4gs_7svlJJQ4H9_NxsiIoLwAEk7-Q3UXERGYw_75IDrGA84-lA_-Ct4eTlXHBIY2EaV7t7LjJaynVJCpkv4LKjTTAumiGUIuQhrNhZLuF_RJLqHpM2kgWFLU7-VTdL1VbC2tejvcI2BlMkEpk1BzBZI0KQB0GaDWFLN-aEAw3vRw","e":"AQAB"}]}
import jwksClient from "jwks-rsa";

const client = jwksClient({ jwksUri: "https://acme.eu.auth0.com/.well-known/jwks.json", cache: false });
console.log((await client.getSigningKey("k1")).getPublicKey().split("\n").length);
await client.getSigningKey("k2").catch((error) => console.log(error.name, error.message));
