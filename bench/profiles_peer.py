"""The peer of the profile benchmarks: the same endpoints as a Flask application over Redis, as the published
description says. Redis keeps its default promise: it is not durable. Usage: profiles_peer.py PORT REDIS_PORT"""
import sys
import time

import redis
from flask import Flask, Response, jsonify, request

app = Flask(__name__)
store = redis.Redis(port=int(sys.argv[2]), decode_responses=True)
BUCKET = 300


def empty():
    return Response("", content_type="text/html; charset=utf-8")


@app.route("/profile/<app_name>/<account>/", methods=["PUT", "POST"])
def update_profile(app_name, account):
    services = request.get_json(force=True)
    key = f"account:{app_name}:{account}"
    ids = [f"id:{service}:{fields['id']}" for service, fields in services.items() if "id" in fields]
    person = store.get(key) or next((known for known in map(store.get, ids) if known), None)
    person = person or str(store.incr("persons"))
    with store.pipeline() as pipe:
        pipe.set(key, person)
        for identity in ids:
            pipe.set(identity, person)
        pipe.sadd(f"accounts:{app_name}", account)
        facebook = services.get("facebook", {})
        for field in ("gender", "locale"):
            if field in facebook:
                pipe.hset(f"person:{person}", field, facebook[field])
        if "location" in facebook:
            pipe.hset(f"person:{person}", "location", facebook["location"]["name"])
        pipe.execute()
    return empty()


@app.route("/profile/<app_name>/<account>/")
def read_profile(app_name, account):
    person = store.get(f"account:{app_name}:{account}")
    if person is None:
        return jsonify(error="not found"), 404
    return jsonify(demographics=store.hgetall(f"person:{person}"))


@app.route("/event/<app_name>/<account>/<event>/", methods=["PUT", "POST"])
def record_event(app_name, account, event):
    bucket = int(time.time()) // BUCKET
    with store.pipeline() as pipe:
        pipe.sadd(f"events:{app_name}", event)
        pipe.hincrby(f"timeline:{app_name}:{event}", bucket, 1)
        pipe.hincrby(f"timeline:{app_name}:{account}:{event}", bucket, 1)
        context = request.args.get("context")
        if context:
            pipe.hincrby(f"contexts:{app_name}:{event}", context, 1)
        pipe.execute()
    return empty()


app.run(port=int(sys.argv[1]), threaded=True)
