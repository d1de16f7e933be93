"""A mistake with a name."""


class Fault(Exception):
    """What is wrong with an answer: the mistake's `name`, and a `text` that explains.

    `picture` is a figure's <img>, if one helps; `instance`, a sentence on one wrong
    number, is told where there is no picture.
    """

    def __init__(self, name: str, text: str, instance: str = ""):
        super().__init__(f"{name}: {text}")
        self.name, self.text, self.instance, self.picture = name, text, instance, ""
