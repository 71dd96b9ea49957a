"""A phone of the tests: it registers, calls, rings, answers and hangs up over UDP. A carrier is one, too."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.edge.messages import Message, authorization, branch_of, read, token, uri_in

FIRST_WAIT_SECONDS = 0.5
LOOK_SECONDS = 0.1
ANSWER_SECONDS = 6.0
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"

NONE: Mapping[str, str] = {}
Answering = Callable[[Message], tuple[int, str] | None]


SWITCHED_ON: list[Phone] = []
"""All phones that were not switched off yet."""


class NoAnswer(Exception):
    """Nothing came back in time."""


@dataclass
class Call:
    """A call as the phone that made it sees it."""

    phone: Phone
    invite: Message
    final: Message
    cseq: int

    @property
    def status(self) -> int:
        return self.final.status

    @property
    def reason(self) -> str:
        return self.final.reason

    def hang_up(self) -> int:
        """This function will end the call and return the status of that."""
        return self.phone.request_within(self, "BYE").status


@dataclass
class Ringing:
    """A call that has not been answered yet."""

    phone: Phone
    invite: Message
    answers: queue.Queue[Message]
    cseq: int

    def cancel(self) -> Message:
        """This function will give up and return the final answer to the call."""
        headers = [(k, v) for k, v in self.invite.headers if k in ("via", "from", "to", "call-id", "route")]
        cancel = Message(f"CANCEL {self.invite.uri} SIP/2.0", [*headers, ("cseq", f"{self.cseq} CANCEL")])
        self.phone.send(cancel)
        return self.phone.final_of(self.invite, self.answers)


@dataclass(eq=False)
class Phone:
    """``user`` at ``domain``, with the secret that was shown once; ``edge`` is where it sends everything.

    ``answering`` says what happens to a call that comes in: a status and words, or None to let it ring;
    ``description`` (SDP) is where it wants to hear.
    """

    edge: tuple[str, int]
    domain: str
    user: str
    secret: str = ""
    answering: Answering = lambda _: (200, "OK")
    host: str = "127.0.0.1"
    patience: float = ANSWER_SECONDS
    description: str = SDP
    incoming: list[Message] = field(default_factory=list)
    ended: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.host, 0))
        self.socket.settimeout(LOOK_SECONDS)
        self.address = "{}:{}".format(*self.socket.getsockname())
        self._waiting: dict[tuple[str, str], queue.Queue[Message]] = {}
        SWITCHED_ON.append(self)
        self._answered: dict[tuple[str, str], Message] = {}
        self._is_on = True
        self._listening = threading.Thread(target=self._receive, daemon=True)
        self._listening.start()

    # What it does by itself

    def register(self, changes: Mapping[str, str] = NONE, *, expires: int = 600) -> Message:
        """This function will register and return the final answer. ``changes`` replace headers."""
        call_id = token()

        def request(cseq: int, *more: tuple[str, str]) -> Message:
            me = f"<sip:{self.user}@{self.domain}>"
            headers = {
                "via": self._via(),
                "from": f"{me};tag={token()}",
                "to": me,
                "call-id": call_id,
                "cseq": f"{cseq} REGISTER",
                "contact": f"<sip:{self.user}@{self.address}>",
                "max-forwards": "70",
                "expires": str(expires),
            }
            return Message(f"REGISTER sip:{self.domain} SIP/2.0", [*{**headers, **changes}.items(), *more])

        return self._with_login(request)

    def call(self, target: str, changes: Mapping[str, str] = NONE) -> Call:
        """This function will call a number, an extension or a whole URI, and wait for the final answer.

        ``changes`` replace headers.
        """
        ringing, final = self._invite(target, changes)
        return Call(self, ringing.invite, final, ringing.cseq)

    def ring(self, target: str) -> Ringing:
        """This function will call and return as soon as the other side rings."""
        ringing, _ = self._invite(target, NONE, until=180)
        return ringing

    def _invite(self, target: str, changes: Mapping[str, str], until: int = 200) -> tuple[Ringing, Message]:
        call_id, tag = token(), token()
        uri = target if ":" in target else f"sip:{target}@{self.domain}"

        def request(cseq: int, *more: tuple[str, str]) -> Message:
            headers = {
                "via": self._via(),
                "from": f"<sip:{self.user}@{self.domain}>;tag={tag}",
                "to": f"<{uri}>",
                "call-id": call_id,
                "cseq": f"{cseq} INVITE",
                "contact": f"<sip:{self.user}@{self.address}>",
                "max-forwards": "70",
                "content-type": "application/sdp",
            }
            return Message(f"INVITE {uri} SIP/2.0", [*{**headers, **changes}.items(), *more], SDP)

        invite, cseq = request(1), 1
        answers = self._ask(invite)
        final = self.final_of(invite, answers, until=until)
        if final.status in (401, 407) and self.secret:
            invite, cseq = request(2, self._login(final, invite)), 2
            answers = self._ask(invite)
            final = self.final_of(invite, answers, until=until)
        return Ringing(self, invite, answers, cseq), final

    def request_within(self, call: Call, method: str) -> Message:
        """This function will send a request within a call that was answered."""
        call.cseq += 1
        return self.answer_to(self._within(call.invite, call.final, method, call.cseq))

    def within(self, call: Call, method: str, *, headers: Mapping[str, str] = NONE) -> Message:
        """This function will write a request within a call, with other headers where they are given."""
        request = self._within(call.invite, call.final, method, call.cseq + 1)
        request.headers = [(name, headers.get(name, value)) for name, value in request.headers]
        return request

    def answer_to(self, request: Message) -> Message:
        """This function will send a request and wait for the final answer."""
        return self.final_of(request, self._ask(request))

    def send(self, message: Message) -> None:
        """This function will send a message to the edge."""
        self.socket.sendto(message.text(), self.edge)

    def vanish(self) -> None:
        """This function will switch the phone off without a word."""
        self._is_on = False
        SWITCHED_ON.remove(self)
        self._listening.join()
        self.socket.close()

    # How it does it

    def final_of(self, request: Message, answers: queue.Queue[Message], until: int = 200) -> Message:
        """This function will wait for an answer of at least this status, and confirm that of an INVITE."""
        wait, end = FIRST_WAIT_SECONDS, time.monotonic() + self.patience
        is_heard = False
        while time.monotonic() < end:
            try:
                answer = answers.get(timeout=wait)
            except queue.Empty:
                if not is_heard:
                    self.send(request)
                    wait = min(2 * wait, 4)
                continue
            is_heard = True
            if answer.status >= until:
                if request.method == "INVITE" and answer.status >= 200:
                    self._confirm(request, answer)
                return answer
        raise NoAnswer(f"{request.first} of {self.user} was not answered")

    def _with_login(self, request: Callable[..., Message]) -> Message:
        first = request(1)
        final = self.final_of(first, self._ask(first))
        if final.status in (401, 407) and self.secret:
            second = request(2, self._login(final, first))
            final = self.final_of(second, self._ask(second))
        return final

    def _login(self, challenged: Message, request: Message) -> tuple[str, str]:
        name = "www-authenticate" if challenged.status == 401 else "proxy-authenticate"
        answer = authorization(
            challenged[name], method=request.method, uri=request.uri, user=self.user, secret=self.secret
        )
        return ("authorization" if challenged.status == 401 else "proxy-authorization"), answer

    def _ask(self, request: Message) -> queue.Queue[Message]:
        answers: queue.Queue[Message] = queue.Queue()
        self._waiting[branch_of(request), request.method] = answers
        self.send(request)
        return answers

    def _confirm(self, invite: Message, final: Message) -> None:
        cseq = int(invite["cseq"].split()[0])
        if final.status < 300:
            self.send(self._within(invite, final, "ACK", cseq))
            return
        kept = [(k, v) for k, v in invite.headers if k in ("via", "from", "call-id", "max-forwards")]
        ack = [*kept, ("to", final["to"]), ("cseq", f"{cseq} ACK")]
        self.send(Message(f"ACK {invite.uri} SIP/2.0", ack))

    def _within(self, invite: Message, final: Message, method: str, cseq: int) -> Message:
        routes = [("route", route) for route in reversed(final.all("record-route"))]
        headers = [
            ("via", self._via()),
            *routes,
            ("from", invite["from"]),
            ("to", final["to"]),
            ("call-id", invite["call-id"]),
            ("cseq", f"{cseq} {method}"),
            ("contact", f"<sip:{self.user}@{self.address}>"),
            ("max-forwards", "70"),
        ]
        return Message(f"{method} {uri_in(final['contact'])} SIP/2.0", headers)

    def _via(self) -> str:
        return f"SIP/2.0/UDP {self.address};branch=z9hG4bK{token()};rport"

    # What comes in

    def _receive(self) -> None:
        while self._is_on:
            try:
                data, source = self.socket.recvfrom(65_535)
            except TimeoutError:
                continue
            if not data.strip():
                continue
            message = read(data)
            if message.is_response:
                self._take(message)
            else:
                self._serve(message, source)

    def _take(self, answer: Message) -> None:
        if answers := self._waiting.get((branch_of(answer), answer.method)):
            answers.put(answer)

    def _serve(self, request: Message, source: tuple[str, int]) -> None:
        if request.method == "ACK":
            return
        key = (request["call-id"], request["cseq"])
        if key in self._answered:
            self.socket.sendto(self._answered[key].text(), source)
            return
        if request.method == "INVITE":
            self.incoming.append(request)
            self._answer(request, source, 180, "Ringing")
            decided = self.answering(request)
            if decided is not None:
                self._answered[key] = self._answer(request, source, *decided)
        elif request.method == "CANCEL":
            self._answer(request, source, 200, "OK")
            for invite in self.incoming:
                if invite["call-id"] == request["call-id"]:
                    self._answer(invite, source, 487, "Request Terminated")
                    self.ended.append(request)
        else:
            if request.method == "BYE":
                self.ended.append(request)
            self._answered[key] = self._answer(request, source, 200, "OK")

    def _answer(self, request: Message, source: tuple[str, int], status: int, words: str) -> Message:
        kept = [
            (name, value)
            for name, value in request.headers
            if name in ("via", "record-route", "from", "call-id", "cseq")
        ]
        to = request["to"] if "tag=" in request["to"] else f"{request['to']};tag={self.user or 'x'}"
        contact = f"<sip:{self.user or 'carrier'}@{self.address}>"
        more = [("to", to), ("contact", contact)]
        body = self.description if status == 200 and request.method == "INVITE" else ""
        if body:
            more.append(("content-type", "application/sdp"))
        answer = Message(f"SIP/2.0 {status} {words}", [*kept, *more], body)
        self.socket.sendto(answer.text(), source)
        return answer
