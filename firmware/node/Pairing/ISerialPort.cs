namespace DePin.Node.Pairing
{
    /// <summary>The wire to whoever stands at the bench. No call blocks for long, and none throws because nobody is there.</summary>
    public interface ISerialPort
    {
        /// <summary>The next byte that came, or -1.</summary>
        int Read();

        /// <summary>Sends bytes; what a full wire does not take is lost.</summary>
        void Write(byte[] bytes);
    }
}
