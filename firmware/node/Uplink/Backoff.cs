namespace DePin.Node.Uplink
{
    /// <summary>
    /// When to try again: after a random time below a bound that doubles with every failure. Nodes that lost the gateway together
    /// come back apart, and the longer it is away, the wider.
    /// </summary>
    public sealed class Backoff
    {
        private const int MostFailures = 16;

        private readonly IEntropy _entropy;
        private int _failures;

        /// <param name="entropy">For the random time.</param>
        public Backoff(IEntropy entropy)
        {
            _entropy = entropy;
        }

        /// <summary>The bound after the failures so far, milliseconds.</summary>
        public long LongestMilliseconds
        {
            get
            {
                long longest = Limits.RetryMilliseconds;
                for (int i = 1; i < _failures && longest < Limits.RetryMaxMilliseconds; i++)
                {
                    longest *= 2;
                }

                return longest < Limits.RetryMaxMilliseconds ? longest : Limits.RetryMaxMilliseconds;
            }
        }

        /// <summary>When to try, by the link's clock; 0 before the first failure.</summary>
        public long NextMilliseconds { get; private set; }

        /// <summary>It failed: another time begins.</summary>
        public void Fail(long linkMilliseconds)
        {
            _failures = _failures < MostFailures ? _failures + 1 : MostFailures;
            byte[] random = new byte[4];
            _entropy.Fill(random);
            int number = random[0] | random[1] << 8 | random[2] << 16 | (random[3] & 0x7F) << 24;
            NextMilliseconds = linkMilliseconds + number % (LongestMilliseconds + 1);
        }

        /// <summary>It worked: the next failure is the first again.</summary>
        public void Reset()
        {
            _failures = 0;
        }
    }
}
