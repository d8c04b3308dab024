// A bug in a callback fails the run, although the handler is done.
exports.onExecutePostUserRegistration = async (event) => {
  setTimeout(() => {
    console.log("about to fail");
    event.user.nothing.at.all;
  }, 5);
};
