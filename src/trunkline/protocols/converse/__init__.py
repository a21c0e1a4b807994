"""AWS Bedrock's Converse, towards upstreams."""
