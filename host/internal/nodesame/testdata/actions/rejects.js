// What is thrown need not be an error.
exports.onExecutePostUserRegistration = async (event) => {
  Promise.reject(new Error("nobody looks"));
  Promise.reject("a text");
  await fetch(`${event.secrets.BASE}/x`, { method: "DELETE" });
  throw { message: "an object", code: 7 };
};
