"""A request that is not passed on, with its reason in words."""


class Refusal(Exception):  # noqa: N818  (it is no error of the server)
    """``status`` is HTTP's number; the text never repeats what was sent."""

    def __init__(self, status: int, why: str, **headers: str) -> None:
        super().__init__(why)
        self.status, self.why, self.headers = status, why, headers
