// Signs two tokens about a new user: with a shared secret, and with a private key.
const { SignJWT, importJWK } = require("jose");

// Made for this bench; it opens nothing.
const key = {
  kty: "EC",
  crv: "P-256",
  x: "OnLtMnlv8WsHUvd9rMfURLuq26JacrkRys_v5TbaEgI",
  y: "bf-ycm3DitYauBK09_HhbIR8YTbK9I340R56JdPyges",
  d: "0q339yNiHccx4ub5Tmd3XGnbXtl7o1ycQXde4DdRawk",
};

exports.onExecutePostUserRegistration = async (event) => {
  const sign = (alg, by) =>
    new SignJWT({ sub: event.user.user_id }).setProtectedHeader({ alg }).setIssuedAt().setExpirationTime("5m").sign(by);
  const tokens = [
    await sign("HS256", new TextEncoder().encode("a secret of at least thirty-two bytes")),
    await sign("ES256", await importJWK(key, "ES256")),
  ];
  if (tokens.some((token) => token.split(".").length !== 3)) throw new Error("that is no token");
};
