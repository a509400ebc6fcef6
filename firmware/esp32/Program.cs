using System;
using System.Threading;
using nanoFramework.Runtime.Native;

namespace DePin.Node.Esp32
{
    /// <summary>Where the board begins: by itself, or started by the loader, which knows what it loaded.</summary>
    public static class Program
    {
        private const int RestMilliseconds = 5000;

        /// <summary>The factory copy runs in place, without a loader and so without slots.</summary>
        public static void Main()
        {
            Start(new byte[8], 0);
        }

        /// <summary>Runs until something unforeseen happens, then starts the board anew: flash keeps what was measured.</summary>
        /// <param name="firmware">First 8 bytes of the SHA-256 of the running bundle; zeros for the factory copy.</param>
        /// <param name="loader">Version of the loader that started it; 0 for none.</param>
        public static void Start(byte[] firmware, int loader)
        {
            try
            {
                new Board(firmware, loader).Run();
            }
            catch (Exception problem)
            {
                Console.WriteLine("Rebooting after " + problem.Message);
                Thread.Sleep(RestMilliseconds);
                Power.RebootDevice(RebootOption.NormalReboot);
            }
        }
    }
}
