using System;
using System.IO;
using DePin.Node.Outbox;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// Files in one folder of littlefs. A file is written as a whole: creating over an old one keeps the old content until it is
    /// closed, and only closing is durable. The root of the drive belongs to the CLR's own files. Reading and writing never
    /// share a handle.
    /// </summary>
    public sealed class LittleFlash : IFlash
    {
        private readonly string _folder;

        /// <param name="folder">The folder, with the separator at its end, such as I:\node\.</param>
        public LittleFlash(string folder)
        {
            _folder = folder;
            if (!Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder);
            }
        }

        /// <inheritdoc />
        public byte[]? Read(string name)
        {
            string path = _folder + name;
            if (!File.Exists(path))
            {
                return null;
            }

            using (FileStream file = new FileStream(path, FileMode.Open, FileAccess.Read))
            {
                byte[] content = new byte[(int)file.Length];
                int read = 0;
                int last = 1;
                while (read < content.Length && last > 0)
                {
                    last = file.Read(content, read, content.Length - read);
                    read += last;
                }

                if (read == content.Length)
                {
                    return content;
                }

                // Shorter than it says: what is there is judged by its checksum.
                byte[] part = new byte[read];
                Array.Copy(content, part, read);
                return part;
            }
        }

        /// <inheritdoc />
        public void Write(string name, byte[] content)
        {
            using (FileStream file = new FileStream(_folder + name, FileMode.Create, FileAccess.Write))
            {
                file.Write(content, 0, content.Length);
            }
        }

        /// <inheritdoc />
        public void Delete(string name)
        {
            if (File.Exists(_folder + name))
            {
                File.Delete(_folder + name);
            }
        }

        /// <inheritdoc />
        public string[] List()
        {
            string[] paths = Directory.GetFiles(_folder);
            string[] names = new string[paths.Length];
            for (int i = 0; i < paths.Length; i++)
            {
                names[i] = Path.GetFileName(paths[i]);
            }

            return names;
        }
    }
}
