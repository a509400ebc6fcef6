using System.Diagnostics;

namespace DePin.Tools.Backend;

/// <summary>A small file system in memory where a folder was, so that it can be filled without harm to the machine. Takes root to mount it.</summary>
internal sealed class SmallDisk : IDisposable
{
    private static readonly byte[] Chunk = new byte[64 * 1024];

    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    private string Filler => Path.Combine(_folder, "filler");

    /// <summary>Mounts one over the folder, which is made; null where this is not allowed.</summary>
    /// <param name="folder">Where. What is in it is out of sight until the end.</param>
    /// <param name="mebibytes">How much it holds.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<SmallDisk?> MountAsync(string folder, int mebibytes, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        return await RunAsync("mount", ["-t", "tmpfs", "-o", $"size={mebibytes}m,mode=700", "tmpfs", folder], cancellationToken) ? new SmallDisk(folder) : null;
    }

    /// <summary>Takes every byte that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(Chunk);
            }
        }
        catch (IOException)
        {
            // No space is left, which is what was wanted.
        }
    }

    /// <summary>Gives them back.</summary>
    public void Clear() => File.Delete(Filler);

    /// <inheritdoc />
    public void Dispose() => RunAsync("umount", ["-l", _folder], CancellationToken.None).GetAwaiter().GetResult();

    private static async Task<bool> RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true }) ?? throw new InvalidOperationException($"{program} did not start");
            await process.WaitForExitAsync(cancellationToken);
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
