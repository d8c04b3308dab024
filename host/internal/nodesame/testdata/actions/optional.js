// What is missing for some users is asked for with care.
exports.onExecutePostUserRegistration = async (event) => {
  const { user, request, transaction } = event;
  const country = request?.geoip?.countryCode || "unknown";
  const name = user.name ?? user.nickname ?? user.email?.split("@")[0] ?? user.phone_number;
  const day = new Date(user.created_at).toISOString().slice(0, 10);
  const response = await fetch(`${event.secrets.BASE}/profiles/${encodeURIComponent(name)}?${new URLSearchParams({ country, day })}`, {
    method: "PUT",
    headers: { Accept: "application/json", Authorization: `Basic ${btoa("user:pass")}` },
    body: JSON.stringify({ ...user, country, locale: transaction?.locale, at: new Date(user.created_at), set: [...new Set([1, 1, 2])] }, null, 2),
  });
  console.log(response.status, response.ok, response.headers.get("content-type"), [...response.headers.keys()].sort());
  return { name, country };
};
