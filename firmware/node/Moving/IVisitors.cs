namespace DePin.Node.Moving
{
    /// <summary>
    /// The socket on which the local page is served, to one visitor at a time. No call blocks for long, and none throws for what a
    /// visitor does.
    /// </summary>
    public interface IVisitors
    {
        /// <summary>Bytes that the visitor sent, 0 while one is there and says nothing, -1 while nobody is.</summary>
        int Receive(byte[] buffer);

        /// <summary>Sends the whole answer and says goodbye.</summary>
        void Answer(byte[] answer);

        /// <summary>Sends the visitor away without an answer.</summary>
        void Drop();
    }
}
