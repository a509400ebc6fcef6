namespace DePin.Node.Outbox
{
    /// <summary>
    /// Small files that survive a power cut: after <see cref="Write"/> returns, the content is the new one; while it runs, a cut
    /// leaves the old content, or of a new file an empty one. Names are up to 32 characters of a-z, 0-9, '-' and '.'.
    /// </summary>
    public interface IFlash
    {
        /// <summary>The file's content, or null when there is none of that name.</summary>
        byte[]? Read(string name);

        /// <summary>Replaces the file's content, or makes the file.</summary>
        void Write(string name, byte[] content);

        /// <summary>Removes the file; no error when there is none.</summary>
        void Delete(string name);

        /// <summary>The names of all files, in no order.</summary>
        string[] List();
    }
}
