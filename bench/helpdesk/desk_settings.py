"""The least of a Django project that django-helpdesk runs in; the rest is its own default."""

import os
from importlib.util import find_spec

STATE = os.environ["HELPDESK_STATE"]
SECRET_KEY = "of the bench"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
_APPS = (
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.messages",
    "django.contrib.admin",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "bootstrap4form",
    "rest_framework",
    "django_cleanup.apps.CleanupConfig",
    "helpdesk",
)
INSTALLED_APPS = [app for app in _APPS if find_spec(app.split(".", maxsplit=1)[0])]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "desk_urls"
SITE_ID = 1
STATIC_URL = "/static/"
MEDIA_ROOT = f"{STATE}/media"
MEDIA_URL = "/media/"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": f"{STATE}/helpdesk.sqlite3",
    }
}
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["HELPDESK_SMTP"])
DEFAULT_FROM_EMAIL = "support@desk.example"
QUEUE_EMAIL_BOX_SSL = False
HELPDESK_TEAMS_MODEL = "auth.User"
HELPDESK_TEAMS_MIGRATION_DEPENDENCIES: list[tuple[str, str]] = []
HELPDESK_VALIDATE_ATTACHMENT_TYPES = False


def HELPDESK_KBITEM_TEAM_GETTER(_: object) -> None:
    """Run without teams."""
