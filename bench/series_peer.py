"""A store of data frames as Flask, pandas and SQLAlchemy give it, after the published description."""
import sys

import pandas
from flask import Flask, Response, request
from sqlalchemy import create_engine, text

app = Flask(__name__)
engine = create_engine("sqlite:///" + sys.argv[2])


@app.route("/api/store/<reference>/<symbol>", methods=["PUT", "POST"])
def save(reference, symbol):
    table = reference + "_" + symbol
    orient = request.args.get("jsonformat", "columns")
    frame = pandas.read_json(request.get_data(as_text=True), orient=orient).sort_index()
    with engine.begin() as connection:
        if engine.dialect.has_table(connection, table):
            window = {"first": frame.index[0].to_pydatetime(), "last": frame.index[-1].to_pydatetime()}
            connection.execute(text('DELETE FROM "%s" WHERE "index" BETWEEN :first AND :last' % table), window)
        frame.to_sql(table, connection, if_exists="append", index_label="index")
    return {"status": True}


@app.route("/api/store/<reference>/<symbol>")
def retrieve(reference, symbol):
    query = 'SELECT * FROM "%s_%s" ORDER BY "index"' % (reference, symbol)
    with engine.connect() as connection:
        frame = pandas.read_sql(text(query), connection, index_col="index", parse_dates=["index"])
    written = frame.to_json(orient=request.args.get("jsonformat", "columns"), date_format="iso")
    return Response(written, mimetype="application/json")


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]))
