namespace DePin.Node.Uplink
{
    /// <summary>Random bytes, for the session of a login and the jitter of a retry.</summary>
    public interface IEntropy
    {
        /// <summary>Fills the array.</summary>
        void Fill(byte[] bytes);
    }
}
