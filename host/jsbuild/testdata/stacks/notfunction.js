exports.onExecutePostUserRegistration = async (event) => {
  await null;
  const user = event.user;
  try {
    user
      .metadata(
        user.name,
      );
  } catch (error) {
    error.message = "no function";
    throw error;
  }
};
