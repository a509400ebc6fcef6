using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using DePin.Node.Pairing;

namespace DePin.Host.Boards;

/// <summary>
/// One end of a serial line that exists in this machine only, in raw mode; whoever opens <see cref="Path"/> has the other. Linux
/// and macOS. No call blocks: what nobody reads in time is lost, as on a UART.
/// </summary>
public sealed class PseudoTerminal : ISerialPort, IDisposable
{
    private const int ReadWrite = 2;

    // Larger than any system's termios: it is only passed through.
    private const int ModeBytes = 256;
    private const int NameBytes = 128;
    private static readonly int NoControllingTerminal = OperatingSystem.IsMacOS() ? 0x20000 : 0x100;
    private static readonly int NonBlocking = OperatingSystem.IsMacOS() ? 0x4 : 0x800;

    private readonly byte[] _bytes = new byte[1024];
    private readonly int _master;
    private readonly int _kept;
    private bool _isOpen = true;
    private int _count;
    private int _at;

    /// <summary>Makes a line.</summary>
    /// <exception cref="PlatformNotSupportedException">Windows has none.</exception>
    /// <exception cref="Win32Exception">The system has no more of them.</exception>
    public PseudoTerminal()
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("Windows has no pseudo-terminals: run simulated boards on Linux or macOS.");
        }

        _master = Check(OpenMaster(ReadWrite | NoControllingTerminal | NonBlocking));
        byte[] name = new byte[NameBytes];
        Check(Grant(_master));
        Check(Unlock(_master));
        if (OperatingSystem.IsMacOS())
        {
            Path = Marshal.PtrToStringUTF8(NameOf(_master)) ?? throw new Win32Exception("the terminal has no name");
        }
        else
        {
            // It answers an error number, and sets none.
            int error = NameOf(_master, name, name.Length);
            Path = error == 0 ? Encoding.UTF8.GetString(name, 0, Array.IndexOf(name, (byte)0)) : throw new Win32Exception(error);
        }

        // Kept open, so that the line stays when a program at the other end comes and goes.
        _kept = Check(Open(Path, ReadWrite | NoControllingTerminal));
        byte[] mode = new byte[ModeBytes];
        Check(GetMode(_kept, mode));
        MakeRaw(mode);
        Check(SetMode(_kept, 0, mode));
    }

    /// <summary>The other end, such as /dev/pts/3.</summary>
    public string Path { get; }

    /// <inheritdoc />
    public int Read()
    {
        if (_at == _count)
        {
            _at = 0;
            _count = _isOpen ? Math.Max(0, (int)Read(_master, _bytes, _bytes.Length)) : 0;
        }

        return _at < _count ? _bytes[_at++] : -1;
    }

    /// <inheritdoc />
    public void Write(byte[] bytes)
    {
        for (int sent = 0; _isOpen && sent < bytes.Length;)
        {
            int part = (int)Write(_master, bytes[sent..], bytes.Length - sent);
            if (part <= 0)
            {
                return;
            }

            sent += part;
        }
    }

    /// <summary>Takes the line away, as pulling the cable does.</summary>
    public void Dispose()
    {
        if (_isOpen)
        {
            _isOpen = false;
            _ = Close(_kept);
            _ = Close(_master);
        }
    }

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [DllImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static extern int OpenMaster(int flags);

    [DllImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    private static extern int Grant(int terminal);

    [DllImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    private static extern int Unlock(int terminal);

    [DllImport("libc", EntryPoint = "ptsname")]
    private static extern IntPtr NameOf(int terminal);

    [DllImport("libc", EntryPoint = "ptsname_r")]
    private static extern int NameOf(int terminal, byte[] name, nint size);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static extern int GetMode(int terminal, byte[] mode);

    [DllImport("libc", EntryPoint = "cfmakeraw")]
    private static extern void MakeRaw(byte[] mode);

    [DllImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static extern int SetMode(int terminal, int actions, byte[] mode);

    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    private static extern nint Read(int terminal, byte[] bytes, nint count);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    private static extern nint Write(int terminal, byte[] bytes, nint count);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int terminal);
}
