// It awaits nothing: what it set going must be done all the same.
exports.onExecutePostUserRegistration = async (event) => {
  fetch("https://hooks.example.com/first", { method: "POST", body: "1" }).then(() => {
    setTimeout(() => fetch("https://hooks.example.com/second", { method: "POST", body: "2" }), 20);
  });
  Promise.reject(new Error("not handled"));
};
