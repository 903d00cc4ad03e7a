"""Questions about Elastic Beanstalk and its Auto Scaling groups."""
