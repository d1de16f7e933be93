"""A mistake with a name."""


class Fault(Exception):
    """What is wrong with an answer: the mistake's `name`, and a `text` that explains.

    `picture` is a figure's <img>, if one helps.
    """

    def __init__(self, name: str, text: str, picture: str = ""):
        super().__init__(f"{name}: {text}")
        self.name, self.text, self.picture = name, text, picture
