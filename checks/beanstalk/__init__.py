"""Checks of Elastic Beanstalk and its Auto Scaling groups."""
