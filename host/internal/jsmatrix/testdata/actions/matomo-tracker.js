// track
// 200 GET matomo.example.com/matomo.php ok
import MatomoTracker from "matomo-tracker";

const matomo = new MatomoTracker(1, "https://matomo.example.com/matomo.php");
matomo.on("error", (error) => console.log(String(error)));
await new Promise((resolve) => {
  matomo.track({ url: "https://example.com/signup", action_name: "signed up", uid: event.user.user_id });
  setTimeout(resolve, 200);
});
