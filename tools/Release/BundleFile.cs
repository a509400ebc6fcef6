using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using DePin.Contracts.Updates;

namespace DePin.Tools.Release;

/// <summary>One assembly that nodes can run: a .pe of nanoFramework for boards, a .NET assembly for virtual nodes.</summary>
/// <param name="Bytes">The file.</param>
/// <param name="Assembly">The name that its header says.</param>
/// <param name="Version">The version that its header says.</param>
/// <param name="IsForBoards">Whether boards run it.</param>
internal sealed record BundleFile(byte[] Bytes, string Assembly, Version Version, bool IsForBoards)
{
    /// <summary>SHA-256 of the file.</summary>
    public byte[] Sha256 { get; } = SHA256.HashData(Bytes);

    /// <summary>What it is, for people.</summary>
    public string Kind => IsForBoards ? "nanoFramework assembly, for boards" : ".NET assembly, for virtual nodes";

    /// <summary>Reads a bundle.</summary>
    /// <exception cref="CommandException">It cannot be read, is over the limit, or is no whole assembly.</exception>
    public static BundleFile Read(string path)
    {
        byte[] bytes = Bounded(path, UpdateLimits.BundleBytes, "a bundle");
        return Of(bytes, out string problem) ?? throw CommandException.WrongInput($"{path} is no bundle: {problem}. Nothing was made.");
    }

    /// <summary>The bundle that these bytes are; null with the reason in words.</summary>
    public static BundleFile? Of(byte[] bytes, out string problem)
    {
        if (NanoAssembly.IsOne(bytes))
        {
            NanoAssembly? nano = NanoAssembly.Read(bytes, out problem);
            return nano is null ? null : new BundleFile(bytes, nano.Name, nano.Version, IsForBoards: true);
        }

        problem = "it is neither a nanoFramework assembly (.pe) nor a .NET assembly";
        try
        {
            using var file = new PEReader(new MemoryStream(bytes));
            if (!file.HasMetadata)
            {
                return null;
            }

            MetadataReader metadata = file.GetMetadataReader();
            AssemblyDefinition assembly = metadata.GetAssemblyDefinition();
            return new BundleFile(bytes, metadata.GetString(assembly.Name), assembly.Version, IsForBoards: false);
        }
        catch (Exception damaged) when (damaged is BadImageFormatException or InvalidOperationException or ArgumentException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>A file with no more bytes than it may have.</summary>
    /// <exception cref="CommandException">It is not there, cannot be read, or is longer.</exception>
    public static byte[] Bounded(string path, int most, string what)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > most)
            {
                throw CommandException.WrongInput($"{path} has {file.Length} bytes; {what} has at most {most}. Nothing was made.");
            }

            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw CommandException.WrongInput($"{path} cannot be read ({problem.Message.TrimEnd('.')}). Nothing was made.");
        }
    }
}
