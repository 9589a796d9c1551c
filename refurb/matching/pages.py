"""The blueprint that the pages of the area hang on; `views` and its neighbours add theirs."""

from flask import Blueprint

bp = Blueprint("matching", __name__, url_prefix="/matching")
