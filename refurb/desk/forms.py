"""What is asked at the desk outside its box."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length


class GiveBackForm(FlaskForm):
    """The password of whoever signed in, before the bearer of a badge took the browser over."""

    password = PasswordField(
        _("Son mot de passe"),
        validators=[InputRequired(_("Donnez le mot de passe.")), Length(max=200)],
        render_kw={"autocomplete": "current-password", "autofocus": True},
    )
