from spinlens.exact.correlation import correlation_length
from spinlens.exact.strip import strip_correlation_length
