// A telephone in the page: signs in at the edge for some minutes, calls, rings, answers, hangs up.
import { UA, WebSocketInterface } from "../vendor/jssip-3.13.8.min.js";

const page = document.getElementById("softphone");
const CHIPS = { ready: "chip--good", calling: "chip--trial", incoming: "chip--caution", talking: "chip--good" };
const ANSWERS_WITHIN = 8000; // milliseconds
const FADING = 0.8; // in a tenth of a second
const LOUD = 0.2; // fills the bar: a voice seldom goes beyond a fifth of what can be said in numbers

if (page) {
  const words = JSON.parse(document.getElementById("softphone-words").textContent);
  const part = (name) => page.querySelector(`[data-part="${name}"]`);
  const filled = (sentence, facts) => sentence.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
  let state = "off"; // off, connecting, ready, calling, incoming, talking
  let ua, session, extension, microphone, renewal, ticking, hearing, since;

  // --- What is shown ---
  const show = (next, sentence = next, facts = {}) => {
    state = next;
    for (const one of page.querySelectorAll("[data-when]")) one.hidden = !one.dataset.when.split(" ").includes(next);
    for (const one of page.querySelectorAll("[data-other]")) one.hidden = one.dataset.other === extension;
    part("state").textContent = filled(words.states[sentence], { extension, ...facts });
    part("chip").className = `chip ${CHIPS[next] ?? "chip--hollow"}`;
    part("chip").textContent = extension ?? "";
    part("chip").hidden = !extension;
    document.title = next === "incoming" ? `☎ ${part("state").textContent}` : title;
  };
  const complain = (sentence = "") => {
    part("fault-words").textContent = sentence;
    part("fault").hidden = !sentence;
  };
  const title = document.title;

  // --- On and off ---
  const ownMicrophone = async () => {
    if (!navigator.mediaDevices) throw new Error(words.faults.insecure);
    try {
      return await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch (why) {
      throw new Error(why.name === "NotAllowedError" ? words.faults.microphone_denied : words.faults.no_microphone);
    }
  };
  const newLogin = async () => {
    const form = part("switch-on");
    const answer = await fetch(part("endpoint").value, { method: "POST", body: new FormData(form) }).catch(() => null);
    const found = answer?.headers.get("Content-Type") === "application/json" ? await answer.json() : {};
    if (!answer?.ok || !found.secret) throw new Error(found.refusal ?? words.faults.no_login);
    return found;
  };
  // Half-way through a login's time the next one is fetched; the edge is given it with the next registration.
  const renewLater = (login) => {
    renewal = setTimeout(async () => {
      try {
        const next = await newLogin();
        ua.set("authorization_user", next.login);
        ua.set("password", next.secret);
        renewLater(next);
      } catch (why) {
        if (session) renewLater({ seconds: 60 }); else switchOff(why.message); // whoever talks goes on talking
      }
    }, login.seconds * 500);
  };
  const switchOn = async () => {
    complain();
    if (location.origin !== new URL(page.dataset.portal).origin) {
      return complain(filled(words.faults.wrong_address, { address: page.dataset.portal }));
    }
    show("connecting");
    try {
      microphone = await ownMicrophone();
      const login = await newLogin();
      extension = login.extension;
      ua = new UA({
        sockets: [new WebSocketInterface(page.dataset.url)],
        uri: `sip:${login.user}@${login.domain}`,
        authorization_user: login.login,
        password: login.secret,
        register_expires: 120,
        session_timers: false,
        user_agent: "Browser",
      });
      ua.on("registered", () => { if (state === "connecting") { complain(); show("ready"); } });
      ua.on("registrationFailed", ({ response }) => { if (response) switchOff(words.faults.not_registered); });
      ua.on("disconnected", () => {
        if (session) session.terminate();
        show("connecting");
        complain(words.faults.away); // it goes on trying by itself
      });
      ua.on("newRTCSession", ({ session: next, originator }) => take(next, originator === "remote"));
      renewLater(login);
      ua.start();
      setTimeout(() => { if (state === "connecting") complain(words.faults.away); }, ANSWERS_WITHIN);
    } catch (why) {
      switchOff(why.message);
    }
  };
  const switchOff = (sentence) => {
    clearTimeout(renewal);
    const was = ua;
    ua = undefined;
    was?.removeAllListeners();
    was?.stop();
    for (const track of microphone?.getTracks() ?? []) track.stop();
    extension = session = undefined;
    stopTicking();
    show("off");
    complain(sentence);
  };

  // --- Calls ---
  // Who it is: an endpoint, whose user is EXTENSION-letters, with its name; the echo as the page writes it.
  const shown = (user) => {
    const dialled = user.replace(/-.*/, "");
    const endpoint = part("endpoint").querySelector(`[data-extension="${CSS.escape(dialled)}"]`);
    return endpoint?.textContent ?? page.querySelector(`[data-call="${CSS.escape(user)}"]`)?.dataset.shown ?? dialled;
  };
  const call = (number) => {
    const wanted = number.replace(/[\s\-./()]/g, "");
    if (!wanted || state !== "ready") return;
    complain();
    ua.call(wanted, { mediaStream: microphone, mediaConstraints: { audio: true, video: false }, pcConfig: {} });
  };
  const answer = () => session?.answer({ mediaStream: microphone, pcConfig: {} });
  const hangUp = () => session?.terminate(state === "incoming" ? { status_code: 486 } : {});
  const take = (next, isIncoming) => {
    if (session) return next.terminate({ status_code: 486 });
    session = next;
    const number = shown(next.remote_identity.uri.user);
    show(isIncoming ? "incoming" : "calling", isIncoming ? "incoming" : "calling", { number });
    const hear = (connection) => connection.addEventListener("track", ({ streams }) => { part("sound").srcObject = streams[0]; });
    if (next.connection) hear(next.connection); else next.on("peerconnection", ({ peerconnection }) => hear(peerconnection));
    // The relay finds the browser by itself, so the first of its addresses is enough.
    next.on("icecandidate", ({ ready }) => ready());
    next.on("progress", () => { if (!isIncoming) show("calling", "ringing", { number }); });
    next.on("confirmed", () => { show("talking", "talking", { number }); tick(next.connection); });
    next.on("ended", () => finish("ended", number));
    next.on("failed", ({ message, cause, originator }) => {
      finish(isIncoming ? "missed" : "", number);
      if (!isIncoming && originator !== "local") complain(whyRefused(message, cause));
    });
  };
  const finish = (sentence, number) => {
    session = undefined;
    stopTicking();
    if (!ua) return;
    show(ua.isRegistered() ? "ready" : "connecting");
    if (sentence) part("state").prepend(`${filled(words.states[sentence], { number })} `);
  };
  const whyRefused = (message, cause) => {
    const { refusals } = words;
    return refusals[message?.reason_phrase] ?? refusals[message?.status_code] ?? filled(refusals.other, { reason: message?.reason_phrase ?? cause });
  };

  // --- While one talks: the time, and how loud both sides are ---
  const tick = (connection) => {
    since = Date.now();
    hearing = new AudioContext();
    const levels = [["own", microphone], ["other", part("sound").srcObject]].map(([name, stream]) => {
      const listening = hearing.createAnalyser();
      if (stream) hearing.createMediaStreamSource(stream).connect(listening);
      return { bar: page.querySelector(`[data-level="${name}"]`), listening, samples: new Float32Array(listening.fftSize), level: 0 };
    });
    ticking = setInterval(() => {
      const seconds = Math.floor((Date.now() - since) / 1000);
      part("time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      for (const one of levels) {
        one.listening.getFloatTimeDomainData(one.samples);
        const loud = Math.sqrt(one.samples.reduce((sum, sample) => sum + sample * sample, 0) / one.samples.length);
        one.level = Math.max(loud, one.level * FADING); // or a short word would be gone before it is seen
        one.bar.setAttribute("width", `${Math.min(100, Math.round((100 * one.level) / LOUD))}%`);
      }
      if (["failed", "disconnected"].includes(connection.iceConnectionState)) complain(words.faults.no_sound);
    }, 100);
  };
  const stopTicking = () => {
    clearInterval(ticking);
    hearing?.close();
    hearing = undefined;
    part("sound").srcObject = null;
  };

  // --- What is pressed ---
  part("switch-on").addEventListener("submit", (event) => { event.preventDefault(); switchOn(); });
  part("dial").addEventListener("submit", (event) => { event.preventDefault(); call(part("number").value); });
  page.addEventListener("click", ({ target }) => {
    const { key, call: number, do: what } = target.closest("button")?.dataset ?? {};
    if (key) part("number").value += key;
    if (number) call(number);
    if (what === "answer") answer();
    if (what === "hang-up") hangUp();
    if (what === "switch-off") switchOff();
  });
  addEventListener("pagehide", () => ua?.stop());

  page.hidden = false;
  show("off");
}
