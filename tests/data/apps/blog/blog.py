import os

from flask import Flask
from flask_migrate import Migrate  # type: ignore[import-untyped]  # it has no types
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite://")
    db.init_app(app)
    Migrate(app, db)

    @app.get("/health")
    def health():
        return {"status": "ok"}

    @app.get("/items")
    def items():
        return {"names": list(db.session.execute(db.text("SELECT name FROM item")).scalars())}

    return app
