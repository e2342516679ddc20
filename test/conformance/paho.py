"""Runs one test of Paho's suites: paho.py FOLDER client_test|client_test5 PORT TEST."""
import importlib
import sys
import unittest

folder, name, port, test = sys.argv[1:5]
sys.path.insert(0, folder)
suite = importlib.import_module(name)
PREFIX = "client_test5/" if name == "client_test5" else ""


# What the suite itself does only where it is the main module, and for 3.1.1 on one port alone.
def set_data():
    suite.host, suite.port, suite.topic_prefix = "127.0.0.1", int(port), PREFIX
    suite.topics = [PREFIX + topic for topic in ("TopicA", "TopicA/B", "Topic/C", "TopicA/C", "/TopicA")]
    suite.wildtopics = [PREFIX + topic for topic in ("TopicA/+", "+/C", "#", "/#", "/+", "+/+", "TopicA/#")]
    suite.nosubscribe_topics = ("test/nosubscribe",)


set_data()
suite.setData = set_data
unittest.main(module=suite, argv=[name, f"Test.{test}"])
